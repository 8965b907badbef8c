# Gate as an image: `docker build -t gate:0.1.0 .`. EXTRAS are those of pyproject.toml: grpc is OTLP over gRPC, 17 MB; redis is
# shared state, 5 MB.
#
# The base is pinned by its tag. A digest would pin its bytes too, but a tag's digest changes whenever the base is built
# anew with security fixes: give the one you have tested, --build-arg PYTHON_IMAGE=python:3.13.15-slim-trixie@sha256:...
ARG PYTHON_IMAGE=python:3.13.15-slim-trixie

FROM ${PYTHON_IMAGE} AS build
ARG EXTRAS=grpc,redis,rules
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN apt-get update && apt-get install --yes --no-install-recommends binutils
RUN python3 -m venv --without-pip /opt/gate
WORKDIR /src
# What Gate needs comes before Gate itself: it changes less often.
COPY pyproject.toml ./
RUN python3 -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
      print(*p['dependencies'], *(d for e in '${EXTRAS}'.split(',') if e for d in p['optional-dependencies'][e]), sep='\n')" > needs.txt \
 && python3 -m pip --python /opt/gate/bin/python3 install --no-compile --requirement needs.txt
COPY README.md LICENSE ./
COPY gate gate
RUN python3 -m pip --python /opt/gate/bin/python3 install --no-compile --no-deps .
# Debugging symbols are half of the dependencies' size; sources of extension modules are never read. Compiled files that
# are not compared with their sources: nothing can be written at run time, and a start without them takes seconds.
RUN find /opt/gate -name '*.so*' -type f -exec strip --strip-unneeded {} + \
 && find /opt/gate -regex '.*\.\(pyx\|pxd\|pyi\)' -delete \
 && /opt/gate/bin/python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/gate/lib

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="Gate" \
      org.opencontainers.image.description="An OpenTelemetry-native gateway for language-model traffic" \
      org.opencontainers.image.licenses="Apache-2.0"
# The base comes without compiled files of the standard library: what Gate imports is compiled here, by importing it.
COPY --from=build /opt/gate /opt/gate
# Where decisions are kept: mount a volume of user 65532 there. Read-only, Gate keeps the latest in memory and says so.
RUN install --directory --owner 65532 --group 65532 --mode 700 /var/lib/gate
RUN /opt/gate/bin/python3 -c "import gate.app, gate.start, uvloop" && /opt/gate/bin/gate version
ENV PATH=/opt/gate/bin:$PATH PYTHONDONTWRITEBYTECODE=1 TMPDIR=/tmp XDG_STATE_HOME=/var/lib
# Nobody in particular. As a number, so that Kubernetes can see that it is not root.
USER 65532:65532
# Clients; operators (metrics, decisions). /tmp has to be writable, /var/lib/gate should be.
EXPOSE 4000 4001
STOPSIGNAL SIGTERM
ENTRYPOINT ["gate"]
CMD ["serve", "--host", "0.0.0.0", "--admin", "0.0.0.0:4001"]
