"""The four database roles, and the SQL statements that give each only the privileges it needs.

`Privileges.iter_changes` compares the required state with the system catalogs of PostgreSQL. So it
works for the first time, for every later time, and for a check that changes nothing.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

DATABASE_ROLES: dict[str, tuple[str, ...]] = {  # and the settings of their sessions
    "migrate": (),
    "app": (),
    "read": ("default_transaction_read_only=on",),
    "backup": ("default_transaction_read_only=on",),
}
ROLE_ATTRIBUTES = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
MAX_DATABASE_NAME_LENGTH = 63 - len("_migrate")

# The tables that the site and the API read. They are named here because this module must work
# before any migration. tests/test_privileges.py compares them with the models.
PUBLIC_TABLES = (
    "django_migrations",
    *(f"policy_{name}" for name in ("coverage", "facet", "facetvalue", "interval", "jurisdiction")),
    *(
        f"policy_{name}"
        for name in ("csvrow", "referenceversion", "revision", "searchentry", "term")
    ),
)
READ_PRIVILEGES = ("SELECT",)
APPEND_PRIVILEGES = (*READ_PRIVILEGES, "INSERT")
UPDATE_PRIVILEGES = (*APPEND_PRIVILEGES, "UPDATE")
WRITE_PRIVILEGES = (*UPDATE_PRIVILEGES, "DELETE")
# The tables on which the role "app" has fewer than WRITE_PRIVILEGES: it adds to history, and
# deletes nothing that is public.
RESTRICTED_TABLES: dict[str, tuple[str, ...]] = {
    "policy_revision": (*APPEND_PRIVILEGES, "UPDATE (superseded_at)"),
    "policy_facet": (*APPEND_PRIVILEGES, "UPDATE (superseded_by)"),
    "policy_facetvalue": (*APPEND_PRIVILEGES, "UPDATE (records)"),
    "policy_coverage": (*APPEND_PRIVILEGES, "UPDATE (number)"),
    "policy_referenceversion": (*READ_PRIVILEGES, "UPDATE (number)", "UPDATE (changed_at)"),
    **dict.fromkeys(("policy_interval", "policy_searchentry", "policy_csvrow"), APPEND_PRIVILEGES),
    "policy_release": APPEND_PRIVILEGES,
    **dict.fromkeys(
        ("policy_jurisdiction", "policy_term", "auth_user", "auth_group"), UPDATE_PRIVILEGES
    ),
    **dict.fromkeys(
        (
            *("auth_permission", "django_content_type", "django_migrations"),
            "policy_indexversion",
        ),
        READ_PRIVILEGES,
    ),
    "policy_review": UPDATE_PRIVILEGES,
    **dict.fromkeys(
        ("policy_auditevent", "policy_comment", "policy_acceptance"), APPEND_PRIVILEGES
    ),
    "django_admin_log": APPEND_PRIVILEGES,
}

GRANTS_QUERY = """
SELECT coalesce(g.rolname, 'public'), a.privilege_type || coalesce(' (' || o.part || ')', ''),
    o.kind, o.name
FROM (
    SELECT 'DATABASE' AS kind, datname AS name, NULL AS part, datdba AS owner,
        coalesce(datacl, acldefault('d', datdba)) AS acl
    FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT 'SCHEMA', nspname, NULL, nspowner, coalesce(nspacl, acldefault('n', nspowner))
    FROM pg_namespace WHERE nspname = 'public'
    UNION ALL SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname, NULL,
        relowner, relacl
    FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'TABLE', relname, attname, relowner, attacl
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT CASE defaclobjtype WHEN 'S' THEN 'SEQUENCES' ELSE 'TABLES' END, '', NULL,
        defaclrole, defaclacl
    FROM pg_default_acl WHERE defaclobjtype IN ('r', 'S') AND defaclrole::regrole::text = %(owner)s
) o, aclexplode(o.acl) a LEFT JOIN pg_roles g ON g.oid = a.grantee
WHERE a.grantee <> o.owner AND (a.grantee = 0 OR g.rolname = ANY(%(roles)s))
"""
OWNERS_QUERY = """
SELECT 'TABLE', relname, '', relowner::regrole::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
UNION ALL SELECT 'FUNCTION', proname, pg_get_function_identity_arguments(oid),
    proowner::regrole::text
FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""
RELATIONS_QUERY = """
SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
"""
ROLES_QUERY = """
SELECT rolname, rolcanlogin AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication
    OR rolbypassrls), coalesce(rolconfig, '{}')
FROM pg_roles WHERE rolname = ANY(%(roles)s)
"""
MEMBERSHIPS_QUERY = """
SELECT pg_get_userbyid(roleid), pg_get_userbyid(member) FROM pg_auth_members
WHERE pg_get_userbyid(member) = ANY(%(roles)s)
"""
EXCESS_PRIVILEGES_QUERY = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND (
    has_any_column_privilege(oid, 'INSERT, UPDATE') OR has_table_privilege(oid, 'DELETE, TRUNCATE')
    OR has_any_column_privilege(oid, 'SELECT') AND relname <> ALL(%(public)s)
) ORDER BY relname
"""


class Grant(NamedTuple):
    """A row of GRANTS_QUERY. `name` is empty in a default privilege of a kind (TABLES)."""

    role: str
    privilege: str
    kind: str
    name: str = ""


class RoleState(NamedTuple):
    """A row of ROLES_QUERY."""

    name: str
    has_role_attributes: bool
    settings: list[str]


class OwnedObject(NamedTuple):
    """A row of OWNERS_QUERY. `arguments` is empty for a table."""

    kind: str
    name: str
    arguments: str
    owner: str


class DatabaseRelation(NamedTuple):
    """A row of RELATIONS_QUERY: `kind` is TABLE or SEQUENCE."""

    kind: str
    name: str


class Membership(NamedTuple):
    """A row of MEMBERSHIPS_QUERY."""

    role: str
    member: str


class Privileges:
    """The roles of one database, named after it: `policy_events_read`."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.database = str(connection.settings_dict["NAME"])
        self.names = {role: f"{self.database}_{role}" for role in DATABASE_ROLES}
        self.owner = self.names["migrate"]

    def query(self, query: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(query, {"roles": list(self.names.values()), "owner": self.owner})
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def iter_changes(self) -> Iterator[sql.Composed]:
        """Yield the statements that are needed. Execute each before taking the next: later
        comparisons depend on it."""
        yield from self.role_changes()
        yield from self.membership_changes()
        yield from self.owner_changes()
        yield from self.grant_changes()

    def role_changes(self) -> Iterator[sql.Composed]:
        states = {row[0]: RoleState(*row) for row in self.query(ROLES_QUERY)}
        for role, settings in DATABASE_ROLES.items():
            name = self.names[role]
            state = states.get(name)
            if not (state and state.has_role_attributes):
                verb = "ALTER" if state else "CREATE"
                yield format_statement(f"{verb} ROLE {{}} {ROLE_ATTRIBUTES}", name)
            if list(settings) != (state.settings if state else []):
                yield format_statement("ALTER ROLE {} RESET ALL", name)
                for setting in settings:
                    option = setting.replace("=", " = ")
                    yield format_statement(f"ALTER ROLE {{}} SET {option}", name)

    def membership_changes(self) -> Iterator[sql.Composed]:
        """Remove memberships, because a role inherits privileges by them. Whoever runs this must be
        a member of the owner."""
        for membership in (Membership(*row) for row in self.query(MEMBERSHIPS_QUERY)):
            yield format_statement("REVOKE {} FROM {}", membership.role, membership.member)
        if not self.query("SELECT 1 WHERE pg_has_role(%(owner)s, 'USAGE')"):
            yield format_statement("GRANT {} TO CURRENT_USER", self.owner)

    def owner_changes(self) -> Iterator[sql.Composed]:
        create = Grant(self.owner, "CREATE", "SCHEMA", "public")
        if create not in self.current_grants():  # an owner must have CREATE on the schema
            yield format_grant("GRANT", create)
        for owned in sorted(OwnedObject(*row) for row in self.query(OWNERS_QUERY)):
            if owned.owner != self.owner:
                arguments = f"({owned.arguments})" if owned.kind == "FUNCTION" else ""
                form = f"ALTER {owned.kind} {{}}{arguments} OWNER TO {{}}"
                yield format_statement(form, owned.name, self.owner)

    def grant_changes(self) -> Iterator[sql.Composed]:
        current, required = self.current_grants(), set(self.required_grants())
        for grant in sorted(current - required):
            yield format_grant("REVOKE", grant, self.owner)
        for grant in sorted(required - current):
            yield format_grant("GRANT", grant, self.owner)

    def current_grants(self) -> set[Grant]:
        return {Grant(*row) for row in self.query(GRANTS_QUERY)}

    def required_grants(self) -> Iterator[Grant]:
        app, read, backup = (self.names[role] for role in ("app", "read", "backup"))
        for role in self.names.values():
            yield Grant(role, "CONNECT", "DATABASE", self.database)
            yield Grant(role, "USAGE", "SCHEMA", "public")
        yield Grant(self.owner, "CREATE", "SCHEMA", "public")
        for kind, name in (DatabaseRelation(*row) for row in self.query(RELATIONS_QUERY)):
            yield Grant(backup, "SELECT", kind, name)
            if kind == "TABLE":
                for privilege in RESTRICTED_TABLES.get(name, WRITE_PRIVILEGES):
                    yield Grant(app, privilege, kind, name)
            if name in PUBLIC_TABLES:
                yield Grant(read, "SELECT", kind, name)
        # So the next backup includes new tables. The other roles need this command again.
        yield from (Grant(backup, "SELECT", kind) for kind in ("TABLES", "SEQUENCES"))


def format_statement(form: str, *names: str) -> sql.Composed:
    """Return a statement with a quoted name in place of each `{}`."""
    return sql.SQL(form).format(*map(sql.Identifier, names))


def format_grant(verb: str, grant: Grant, owner: str = "") -> sql.Composed:
    to = "TO" if verb == "GRANT" else "FROM"
    role = sql.SQL("PUBLIC") if grant.role == "public" else sql.Identifier(grant.role)
    if not grant.name:
        form = f"{verb} {grant.privilege} ON {grant.kind} {to} "
        default = format_statement("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public ", owner)
        return default + sql.SQL(form) + role
    return (
        format_statement(f"{verb} {grant.privilege} ON {grant.kind} {{}} {to} ", grant.name) + role
    )


def find_excess_privileges(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the tables on which the current role has privileges that a public process does not
    need."""
    with connection.cursor() as cursor:
        cursor.execute(EXCESS_PRIVILEGES_QUERY, {"public": list(PUBLIC_TABLES)})
        return [str(row[0]) for row in cursor.fetchall()]
