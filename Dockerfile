# The service in a container:  docker build -t nanonet .  &&  docker run --read-only -p 127.0.0.1:8000:8000 nanonet
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY src ./src
RUN python -m venv /opt/nanonet \
    && /opt/nanonet/bin/pip install --no-cache-dir --constraint constraints.txt '.[serve]'

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="nanonet" org.opencontainers.image.licenses="BSD-3-Clause AND CC-BY-4.0"
COPY --from=build /opt/nanonet /opt/nanonet
ENV PATH=/opt/nanonet/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 MPLCONFIGDIR=/tmp
RUN useradd --system --uid 10001 --no-create-home nanonet
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/api/health', timeout=4)"]
ENTRYPOINT ["nanonet", "serve", "--host", "0.0.0.0", "--port", "8000"]
