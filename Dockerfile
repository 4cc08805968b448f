FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json nest-cli.json ./
COPY scripts/build.js scripts/bundle.js scripts/
COPY scripts/build scripts/build
COPY src src
RUN npm run build && npm prune --omit=dev

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 DATABASE_URL=sqlite:/data/identity.db
WORKDIR /app
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
RUN install -d -o node -g node -m 700 /data
# Run with a read-only root: docker run --read-only -v identity:/data …
USER node
VOLUME /data
WORKDIR /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "/app/dist/cli/identity-backend.js", "health"]
CMD ["node", "/app/dist/main.js"]
