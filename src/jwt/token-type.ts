/** The `typ` of an issued token: any JWT, or an access token of RFC 9068. */
export type TokenType = 'JWT' | 'at+jwt';
