import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../../../src/server/api-error.js';
import { asOAuthError, OAuthError, type OAuthErrorCode } from '../../../src/oauth2/oauth-error.js';

describe('OAuthError', () => {
  it.each<[OAuthErrorCode, number]>([
    ['invalid_request', 400],
    ['invalid_client', 401],
    ['invalid_grant', 400],
    ['unauthorized_client', 400],
    ['unsupported_grant_type', 400],
    ['invalid_scope', 400],
    ['invalid_target', 400],
    ['too_many_requests', 429],
    ['temporarily_unavailable', 503],
    ['server_error', 500],
  ])('%s is answered with %i', (code, status) => {
    expect(new OAuthError(code, 'words').status).toBe(status);
  });

  it('shows its code and its words, and never what only the log may contain', () => {
    const error = new OAuthError('invalid_grant', 'words', { reason: 'for the log' });
    expect(error.body).toEqual({ error: 'invalid_grant', error_description: 'words' });
    expect(JSON.stringify(error.body)).not.toContain('log');
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('OAuthError');
  });

  it('is never kept by a cache that knows HTTP/1.0 only, and accepts other headers', () => {
    expect(new OAuthError('invalid_scope', 'words').headers).toEqual({ pragma: 'no-cache' });
    const headers = { 'retry-after': '7' };
    expect(new OAuthError('too_many_requests', 'words', { headers }).headers).toEqual({
      pragma: 'no-cache',
      'retry-after': '7',
    });
  });
});

describe('asOAuthError', () => {
  it.each<[number, string, string, number]>([
    [400, 'invalid_request', 'invalid_request', 400],
    [413, 'payload_too_large', 'invalid_request', 413],
    [415, 'unsupported_media_type', 'invalid_request', 400],
    [429, 'too_many_requests', 'too_many_requests', 429],
    [500, 'internal_error', 'server_error', 500],
    [503, 'unavailable', 'temporarily_unavailable', 503],
  ])('puts %i %s as %s with %i', (status, code, error, expected) => {
    const put = asOAuthError(new ApiError(status, code as 'invalid_request', 'Words'));
    expect(put.status).toBe(expected);
    expect(put.body).toEqual({ error, error_description: 'Words' });
  });

  it('keeps headers', () => {
    const error = new ApiError(429, 'too_many_requests', 'Words', {}, { 'retry-after': '7' });
    expect(asOAuthError(error).headers).toMatchObject({ 'retry-after': '7' });
  });

  it('leaves out fields of a JSON route', () => {
    const error = new ApiError(400, 'invalid_request', 'Words', { valid: false });
    expect(asOAuthError(error).body).toEqual({ error: 'invalid_request', error_description: 'Words' });
  });
});
