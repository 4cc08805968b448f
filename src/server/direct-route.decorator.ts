import { SetMetadata } from '@nestjs/common';

/** Key under which a method keeps that it is a direct route. */
export const DIRECT_ROUTE = 'identity:direct-route';

/**
 * Lets the service call a route of a controller without Nest's steps between: see `useDirectRoutes`. For the routes
 * that are asked most; a route with interceptors, filters or pipes of its own cannot be one.
 */
export const DirectRoute = (): MethodDecorator => SetMetadata(DIRECT_ROUTE, true);
