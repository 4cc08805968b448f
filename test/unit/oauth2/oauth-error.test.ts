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
  ])('%s has the status %i', (code, status) => {
    expect(new OAuthError(code, 'words').status).toBe(status);
  });

  it('exposes its code and description, but not the reason that is for the log', () => {
    const error = new OAuthError('invalid_grant', 'words', { reason: 'for the log' });
    expect(error.body).toEqual({ error: 'invalid_grant', error_description: 'words' });
    expect(JSON.stringify(error.body)).not.toContain('log');
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('OAuthError');
  });

  it('has the header Pragma: no-cache for HTTP/1.0 caches, in addition to given headers', () => {
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
  ])('maps %i %s to %s with the status %i', (status, code, error, expected) => {
    const mapped = asOAuthError(new ApiError(status, code as 'invalid_request', 'Words'));
    expect(mapped.status).toBe(expected);
    expect(mapped.body).toEqual({ error, error_description: 'Words' });
  });

  it('keeps headers', () => {
    const error = new ApiError(429, 'too_many_requests', 'Words', {}, { 'retry-after': '7' });
    expect(asOAuthError(error).headers).toMatchObject({ 'retry-after': '7' });
  });

  it('omits the extra fields of a JSON response', () => {
    const error = new ApiError(400, 'invalid_request', 'Words', { valid: false });
    expect(asOAuthError(error).body).toEqual({ error: 'invalid_request', error_description: 'Words' });
  });
});
