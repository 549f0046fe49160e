# Keyturn in a container without a shell, a package manager or root. Node comes from the lockfile, as it does everywhere
# else: the image below brings the C library alone. Pin both images by digest in your own registry.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force
COPY src ./src
COPY drizzle ./drizzle
COPY LICENSE ./
RUN mkdir /data

FROM gcr.io/distroless/cc-debian12:nonroot
WORKDIR /app
COPY --from=build /app /app
# The user of the image, nonroot; an SQLite file may be made here.
COPY --from=build --chown=65532:65532 /data /data
ENV NODE_ENV=production \
    KEYTURN_HOST=0.0.0.0 \
    KEYTURN_PORT=3000 \
    KEYTURN_DATABASE_URL=file:/data/keyturn.sqlite
USER 65532:65532
EXPOSE 3000
STOPSIGNAL SIGTERM
# Whether the process answers. A node that does not sign for a while heals by itself, and must not be restarted for it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["/app/node_modules/.bin/node", "-e", "fetch(`http://127.0.0.1:${process.env.KEYTURN_PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/app/node_modules/.bin/node", "/app/src/launch.js"]
CMD ["serve"]
