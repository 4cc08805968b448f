/**
 * The service with a mistake that costs most of all: the library that signs is given the secret as a string, and prepares
 * it again for each token. Of its parts as the compiler made them, as `dist/main.js` has a key of its own.
 */
import { JwtService } from '@nestjs/jwt';
import { createApp } from '../dist/app.js';
import { loadSettings } from '../dist/config/load-settings.js';
import { serviceSettings } from '../dist/config/service-settings.js';
import { SharedKey } from '../dist/keys/shared-key.js';

const settings = await serviceSettings(loadSettings());
const jwt = new JwtService({ secret: process.env['JWT_SECRET_KEY'] ?? '' });
SharedKey.prototype.sign = (claims) => jwt.sign(claims);

const app = await createApp(settings);
await app.listen(settings.port, settings.host);
