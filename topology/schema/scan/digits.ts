/** Of at most so many digits a double holds every decimal number, and quotients by powers of ten are rounded right. */
export const DECIMAL_DIGITS = 15

/** 10 to the power of the index. */
export const POWERS_OF_TEN: readonly number[] = Array.from({ length: DECIMAL_DIGITS + 1 }, (_, power) => 10 ** power)
