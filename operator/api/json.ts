/** A JSON value. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** A JSON object, as free-form fields such as `spec.parameters` hold it. */
export type JsonObject = { [key: string]: JsonValue };
