"""`/uploads`: files that are sent first, for parameters that take one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Need
from apps.core.api.paging import Keyset
from apps.core.api.params import check_known, parse_uuid, text_param
from apps.core.api.schemas import ErrorSchema
from apps.core.api.views import DRAIN_BYTES, HubView
from apps.core.errors import InvalidInput, NotFound, TooLarge
from apps.core.incoming import arrived_whole
from apps.runs import services
from apps.runs.models import Upload

# As for running a script, and never without credentials: what is sent is kept.
SEND = Need("run", "scripts.run_script")
BY_AGE = Keyset("id", parse=parse_uuid, descending=True)
FIELDS = ("id", "name", "size_bytes", "sha256", "created_at", "expires_at")
BLOCK_BYTES = 64 * 1024
# What a form may have besides its file.
FORM_BYTES = 64 * 1024
MAX_NAME_CHARS = 1000
MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"


class UploadSchema(serializers.Serializer):
    """The shape of `_present`, for the OpenAPI document."""

    id = serializers.UUIDField(help_text="The value of a parameter that takes a file.")
    name = serializers.CharField(help_text="Its name as it was made safe.")
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(
        help_text="From then on it goes, unless a run, a task or a schedule uses it."
    )


class UploadPageSchema(serializers.Serializer):
    results = UploadSchema(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class UploadForm(serializers.Serializer):
    file = serializers.FileField()


class RawParser(BaseParser):
    """A body that is the file itself: read by the view, block by block."""

    media_type = "*/*"

    def parse(self, stream: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {}


class UploadList(HubView):
    """The files of the caller."""

    access = {"get": SEND, "post": SEND}
    parser_classes = [MultiPartParser, RawParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is too large before anything reads it."""
        if request.method == "POST":
            _check_length(request)
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="uploads_list",
        parameters=[
            OpenApiParameter("limit", int),
            OpenApiParameter("after", OpenApiTypes.UUID),
            OpenApiParameter("before", OpenApiTypes.UUID),
        ],
        responses=UploadPageSchema,
    )
    def get(self, request: Request) -> Response:
        """List the caller's own uploads, the newest first."""
        check_known(request, BY_AGE.PARAMS)
        mine = Upload.objects.of(request.user).values(*FIELDS)
        page = BY_AGE.page(request, mine)
        return Response(page.body(page.rows))

    @extend_schema(
        operation_id="uploads_create",
        parameters=[
            OpenApiParameter("name", str, description="Of a file sent as the body.")
        ],
        request={
            MULTIPART: UploadForm,
            "application/octet-stream": OpenApiTypes.BINARY,
        },
        responses={
            201: UploadSchema,
            413: OpenApiResponse(ErrorSchema, description="It is too large."),
            507: OpenApiResponse(ErrorSchema, description="The disk is full."),
        },
    )
    def post(self, request: Request) -> Response:
        """Send a file: as `file` of a multipart form, or as the body with `?name=`."""
        check_known(request, ("name",))
        name = _name(request)
        kind = request.content_type.partition(";")[0].strip().lower()
        if kind == URLENCODED:
            raise UnsupportedMediaType(
                URLENCODED,
                _(
                    "Send the file as the field `file` of a multipart form (curl -F "
                    "file=@NAME), or as the body with Content-Type: "
                    "application/octet-stream and ?name=NAME."
                ),
            )
        send = _from_form if kind == MULTIPART else _from_body
        upload = send(request, name)
        return Response(
            _present(upload),
            status=201,
            headers={"Location": request.build_absolute_uri(f"/uploads/{upload.pk}")},
        )


def _check_length(request: Request) -> None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    most = settings.UPLOAD_LIMIT_BYTES + FORM_BYTES
    if not length.isdigit() or int(length) <= most:
        return
    # A client that sends all before it looks for the answer shall find one.
    left = min(int(length), max(most, DRAIN_BYTES))
    while left > 0 and (
        block := request.META["wsgi.input"].read(min(left, BLOCK_BYTES))
    ):
        left -= len(block)
    raise TooLarge(
        _("The body is larger than %(limit)d KiB, the most that is accepted.")
        % {"limit": most // 1024}
    )


def _name(request: Request) -> str:
    name = text_param(request, "name") or ""
    if len(name) > MAX_NAME_CHARS:
        sentence = _("It has %(count)d characters; at most %(most)d are taken.") % {
            "count": len(name),
            "most": MAX_NAME_CHARS,
        }
        raise InvalidInput(f"name: {sentence}", fields={"name": [sentence]})
    return name


def _from_form(request: Request, name: str) -> Upload:
    try:
        file = request.data.get("file")
    except MultiPartParserError as exc:
        raise _wrong_form(str(exc)) from exc
    if not isinstance(file, UploadedFile):
        if not arrived_whole(request._request):
            raise services.upload_broken()
        raise _wrong_form(_("It has no file of the name `file`."))
    return services.store_incoming(user=request.user, file=file, name=name)


def _wrong_form(sentence: str) -> InvalidInput:
    return InvalidInput(f"file: {sentence}", fields={"file": [sentence]})


def _from_body(request: Request, name: str) -> Upload:
    if not name:
        sentence = _("Say what the file is called: POST /uploads?name=data.csv.")
        raise InvalidInput(f"name: {sentence}", fields={"name": [sentence]})
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    # Without a length there is no body, and the file is empty.
    read = request._request.read if length else _nothing
    return services.store_upload(
        user=request.user, name=name, chunks=_blocks(read), expected=length
    )


def _nothing(size: int) -> bytes:
    return b""


def _blocks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while block := read(BLOCK_BYTES):
        yield block


def _present(upload: Upload) -> dict[str, Any]:
    return {name: getattr(upload, name) for name in FIELDS}


class UploadDetail(HubView):
    """One file of the caller."""

    access = {"get": SEND, "delete": SEND}

    @extend_schema(operation_id="uploads_read", responses=UploadSchema)
    def get(self, request: Request, upload_id: str) -> Response:
        """Read what is known of an upload; its content is not given back."""
        check_known(request, ())
        return Response(_present(_find(request, upload_id)))

    @extend_schema(
        operation_id="uploads_delete",
        responses={
            204: None,
            409: OpenApiResponse(ErrorSchema, description="Something uses it."),
        },
    )
    def delete(self, request: Request, upload_id: str) -> Response:
        """Delete an upload that nothing uses."""
        services.delete_upload(upload=_find(request, upload_id))
        return Response(status=204)


def _find(request: Request, upload_id: str) -> Upload:
    number = parse_uuid(upload_id)
    mine = Upload.objects.of(request.user)
    upload = mine.filter(pk=number).first() if number else None
    if upload is None:
        raise NotFound(
            _("There is no upload %(id)s of yours. GET /uploads lists them.")
            % {"id": ascii(upload_id[:100])}
        )
    return upload
