/**
 * The service with a mistake that costs most of all: the library that signs is given the secret as a string, and prepares
 * it anew for each token.
 */
import { JwtService } from '@nestjs/jwt';
import { SharedKey } from '../dist/keys/shared-key.js';

const jwt = new JwtService({ secret: process.env['JWT_SECRET_KEY'] ?? '' });
SharedKey.prototype.sign = (claims) => jwt.sign(claims);

await import('../dist/main.js');
