import { expect, it } from "vitest";
import { newReconnectDelay } from "./reconnect-delay.ts";

it("doubles its limit from 0.2 s to 5 s and begins anew after a welcome", () => {
  const delay = newReconnectDelay(() => 1);
  const limits = Array.from({ length: 7 }, () => delay.next());
  expect(limits).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  delay.reset();
  expect(delay.next()).toBe(200);
});

it("waits anywhere between nothing and the limit", () => {
  const draws = [0, 0.25];
  const delay = newReconnectDelay(() => draws.shift() ?? 0);
  expect([delay.next(), delay.next()]).toEqual([0, 100]);
});
