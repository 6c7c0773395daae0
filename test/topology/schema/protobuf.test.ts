import { expect, it } from 'vitest'
import { z } from 'zod'
import { decimal, fieldsOf, int, long, timestamptz, uuid } from '../../../topology/schema/index.ts'
import { protobufSchema } from '../../../topology/schema/protobuf.ts'

it('is a message of the fields, numbered by their places', () => {
  const Order = z.object({
    id: long(),
    user: z.string().optional(),
    amount: decimal(18, 2),
    at: timestamptz(),
    items: z.array(z.object({ product: uuid(), count: int() })),
    tags: z.record(z.string(), z.string()),
    address: z.object({ city: z.string() }).nullish(),
  })
  expect(protobufSchema('com.shop.Order', fieldsOf(Order))).toBe(`syntax = "proto3";
package com.shop;
import "google/protobuf/timestamp.proto";

message Order {
  message Items {
    string product = 1;
    int32 count = 2;
  }
  message Address {
    string city = 1;
  }
  int64 id = 1;
  optional string user = 2;
  string amount = 3;
  google.protobuf.Timestamp at = 4;
  repeated Items items = 5;
  map<string, string> tags = 6;
  optional Address address = 7;
}
`)
})
