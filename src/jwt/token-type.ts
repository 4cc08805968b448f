/** The `typ` of a token that is issued: any JWT, or an access token of RFC 9068. */
export type TokenType = 'JWT' | 'at+jwt';
