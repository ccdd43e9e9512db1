"""`GET /metrics`: what Prometheus scrapes, by a key for `metrics` (`penfield key add NAME --scopes metrics`)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client.exposition import choose_encoder

from serving.api.keys import Caller
from serving.api.problem import ProblemRoute
from serving.api.rate import Buckets, Rate
from serving.api.router import needing
from serving.ledger import Ledger
from serving.live.exposition import registry_of
from serving.live.keeper import Keeper

PATH = "/metrics"


def metrics_router(ledger: Ledger, keeper: Keeper) -> APIRouter:
    """The route of the metrics, in the format that the scraper asks for: OpenMetrics, or Prometheus's own text."""
    router = APIRouter(route_class=ProblemRoute, include_in_schema=False)
    registry, may = registry_of(keeper), needing(ledger, Buckets(rate=Rate()))

    @router.get(PATH)
    def metrics(request: Request, by: Annotated[Caller, Depends(may("metrics"))]) -> Response:
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"Cache-Control": "no-store", "Content-Type": media_type})

    return router
