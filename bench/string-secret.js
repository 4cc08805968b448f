/**
 * The service with the most expensive mistake: the library that signs gets the secret as a string and
 * prepares it again for each token. It is built from the compiled files, because the bundle `dist/main.js`
 * has its own copy of `SharedKey`.
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
