'use strict';

// The start file for Phusion Passenger (cPanel, Apache, nginx), which requires it and cannot wait for ES modules.
import('./dist/main.js').catch((error) => {
  console.error(error);
  process.exit(1);
});
