# The image that `make release` builds: hubmend with the Python of the lab, plan and lint. The build has the
# programs of both platforms in its context.
FROM python:3.13-slim

ARG TARGETPLATFORM
COPY internal/lab/python/requirements.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --disable-pip-version-check -r /tmp/requirements.txt && rm /tmp/requirements.txt \
    && useradd --create-home hubmend
COPY $TARGETPLATFORM/hubmend /usr/local/bin/hubmend

ENV HUBMEND_PYTHON=/usr/local/bin/python3
USER hubmend
WORKDIR /home/hubmend
ENTRYPOINT ["hubmend"]
