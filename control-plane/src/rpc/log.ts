/** Where rpc/ writes what happens: fields first, so that every line about a lease can be found by its ids. */
export interface Log {
  debug(fields: object, text: string): void;
  log(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}
