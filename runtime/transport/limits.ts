/** How much may travel at once. */

/** What a transport carries as one frame; whoever announces more is cut off. */
export const MAX_FRAME_BYTES = 256 << 20
