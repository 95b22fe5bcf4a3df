/** This program's version; package.json says the same (a test holds them together). */
export const version = '0.1.0';
