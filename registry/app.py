"""The application: the order in which the parts are wired, nothing else."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from flask import Flask, has_request_context, request
from werkzeug.middleware.proxy_fix import ProxyFix

from registry.access import calls
from registry.access import queries as access
from registry.access import routes as access_routes
from registry.access.door import Door
from registry.access.usage import RateLimit, Usage
from registry.codes import routes as codes_routes
from registry.core import http, telemetry
from registry.core.clock import clock_of
from registry.core.crypto import Keyring
from registry.core.document import describe
from registry.core.front import Front
from registry.core.memory import Memory
from registry.core.origins import install_origins
from registry.core.parts import Registry
from registry.core.refusals import install_problem_handlers
from registry.database import open_database
from registry.goals import routes as goals_routes
from registry.imports import routes as imports_routes
from registry.investments import routes as investments_routes
from registry.operations import docs, metrics
from registry.operations import routes as operations_routes
from registry.releases import routes as releases_routes
from registry.revisions import routes as revisions_routes
from registry.settings import Settings
from registry.statistics import routes as statistics_routes
from registry.statistics.effects import effects
from registry.trainees import routes as trainees_routes
from registry.web import errors, site

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from registry.core.clock import Clock
    from registry.core.front import Given

FEATURES = (
    docs, operations_routes, revisions_routes, access_routes, codes_routes, trainees_routes,
    investments_routes, statistics_routes, goals_routes, imports_routes, releases_routes,
)  # fmt: skip


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Flask:
    """Build the WSGI application from settings (the environment's by default) and a clock."""
    settings = settings or Settings.from_environment()
    settings.check()
    telemetry.configure_logging(settings)
    return connected(routed(), assemble(settings, clock or clock_of(settings.clock)))


def routed() -> Flask:
    """All routes, handlers and templates, which know nothing yet of a database or a setting."""
    app = Flask("registry", static_folder=None)
    http.install_security_headers(app)
    install_origins(app)
    telemetry.install(app)
    operations_routes.install(app)
    calls.install(app)
    install_problem_handlers(app, errors.shown)
    api = describe(app)
    for feature in FEATURES:
        for blueprint in feature.blueprints:
            api.register_blueprint(blueprint)
    site.install(app)
    return app


def connected(app: Flask, parts: Registry) -> Flask:
    """Let the routes serve one product, in place of any they served before."""
    settings = parts.settings
    app.config["MAX_CONTENT_LENGTH"] = settings.body_limit_bytes
    app.extensions["registry"] = parts
    serve = partial(Flask.wsgi_app, app)
    front: WSGIApplication = Front(serve, parts, (_logged, _measured, parts.called))
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        front = ProxyFix(front, hops, hops, hops, hops)
    app.wsgi_app = front  # type: ignore[assignment,method-assign]
    return app


def assemble(settings: Settings, clock: Clock) -> Registry:
    """The product without HTTP: what the command line and the tests also use."""
    database = open_database(settings, clock)
    door = Door(database.engine.dialect, clock)
    limit = RateLimit(settings.rate_limit_per_minute)
    return Registry(
        settings=settings,
        clock=clock,
        database=database,
        keyring=Keyring(settings),
        enter=lambda cursor, header: door.enter(cursor, header, _address()),
        admit=lambda caller: limit.take(getattr(caller, "key_id", None), clock.now()),
        effects=effects,
        used=Usage(),
        called=calls.Calls(database, clock, settings.key_calls_kept),
        accessed=access.keep_access,
        memory=Memory(settings.answer_memory_mib * 2**20),
    )


def _address() -> str:
    return (request.remote_addr or "") if has_request_context() else ""


def _logged(given: Given) -> None:
    telemetry.log_request(
        given.request_id, "GET", given.route, given.status, given.seconds, given.key_id
    )


def _measured(given: Given) -> None:
    metrics.observe("GET", given.route, given.status, given.seconds)
