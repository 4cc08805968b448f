/**
 * A token for the documentation. It expired on 1 January 2026, and no key verifies it: the last part is the
 * text `never-verifies`, not a signature.
 */
export const EXAMPLE_TOKEN =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImV4YW1wbGUifQ.eyJpc3MiOiJpZGVudGl0eS1iYWNrZW5kIiwic3ViIjoidXNlci00MiIsImF1ZCI6ImxvZ2dpbmctc2VydmljZSIsImlhdCI6MTc2NzIyNTYwMCwiZXhwIjoxNzY3MjI2NTAwLCJqdGkiOiIwYjFmNGM4Ni04ZjNlLTRmMGMtOWM1NS0zZDJhN2E1ZTZiMTAifQ.bmV2ZXItdmVyaWZpZXM';

/** As {@link EXAMPLE_TOKEN}, but an access token of RFC 9068. */
export const EXAMPLE_ACCESS_TOKEN =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImV4YW1wbGUifQ.eyJpc3MiOiJpZGVudGl0eS1iYWNrZW5kIiwic3ViIjoiYmlsbGluZy1zZXJ2aWNlIiwiYXVkIjoibG9nZ2luZy1zZXJ2aWNlIiwiaWF0IjoxNzY3MjI1NjAwLCJleHAiOjE3NjcyMjY1MDAsImp0aSI6IjBiMWY0Yzg2LThmM2UtNGYwYy05YzU1LTNkMmE3YTVlNmIxMCIsImNsaWVudF9pZCI6ImJpbGxpbmctc2VydmljZSJ9.bmV2ZXItdmVyaWZpZXM';
