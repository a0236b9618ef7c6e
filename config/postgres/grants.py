"""Four database roles, and the statements that give each what its work needs and nothing else.

`changes` compares what is wanted with what the catalogues say, so that one comparison serves for
the first time, for every later time, and for merely looking.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

ROLES = {  # and the settings of their sessions
    "migrate": (),
    "app": (),
    "read": ("default_transaction_read_only=on",),
    "backup": ("default_transaction_read_only=on",),
}
MODEST = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
LONGEST = 63 - len("_migrate")

# What the public doors read. tests/test_privileges.py compares it with what they ask for.
PUBLIC = (
    "django_migrations",
    *(f"policy_{name}" for name in ("coverage", "facet", "facetvalue", "interval", "jurisdiction")),
    *(f"policy_{name}" for name in ("line", "referenceversion", "revision", "searchentry", "term")),
)
WRITE = ("SELECT", "INSERT", "UPDATE", "DELETE")
KEEP, APPEND, LOOK = WRITE[:3], WRITE[:2], WRITE[:1]
# What the application may do less than write: history grows, and nothing public is deleted.
LESS = {
    "policy_revision": (*APPEND, "UPDATE (superseded_at)"),
    "policy_facet": (*APPEND, "UPDATE (superseded_by)"),
    "policy_facetvalue": (*APPEND, "UPDATE (records)"),
    "policy_coverage": (*APPEND, "UPDATE (number)"),
    "policy_referenceversion": (*LOOK, "UPDATE (number)", "UPDATE (changed_at)"),
    **dict.fromkeys(("policy_interval", "policy_searchentry", "policy_line"), APPEND),
    "policy_release": APPEND,
    **dict.fromkeys(("policy_jurisdiction", "policy_term", "auth_user", "auth_group"), KEEP),
    **dict.fromkeys(("auth_permission", "django_content_type", "django_migrations"), LOOK),
    "policy_review": KEEP,
    **dict.fromkeys(("policy_deed", "policy_comment", "policy_acceptance"), APPEND),
    "django_admin_log": APPEND,
}

GRANTED = """
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
OWNED = """
SELECT 'TABLE', relname, '', relowner::regrole::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
UNION ALL SELECT 'FUNCTION', proname, pg_get_function_identity_arguments(oid),
    proowner::regrole::text
FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""
RELATIONS = """
SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
"""
ATTRIBUTES = """
SELECT rolname, rolcanlogin AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication
    OR rolbypassrls), coalesce(rolconfig, '{}')
FROM pg_roles WHERE rolname = ANY(%(roles)s)
"""
PARENTS = """
SELECT pg_get_userbyid(roleid), pg_get_userbyid(member) FROM pg_auth_members
WHERE pg_get_userbyid(member) = ANY(%(roles)s)
"""
EXCESS = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND (
    has_any_column_privilege(oid, 'INSERT, UPDATE') OR has_table_privilege(oid, 'DELETE, TRUNCATE')
    OR has_any_column_privilege(oid, 'SELECT') AND relname <> ALL(%(public)s)
) ORDER BY relname
"""


class Grant(NamedTuple):
    role: str
    privilege: str
    kind: str
    name: str = ""


class Privileges:
    """The roles of one database. Run each change before asking for the next, which builds on it."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.database = str(connection.settings_dict["NAME"])
        self.names = {role: f"{self.database}_{role}" for role in ROLES}
        self.owner = self.names["migrate"]

    def ask(self, query: str) -> list[tuple]:
        with self.connection.cursor() as cursor:
            cursor.execute(query, {"roles": list(self.names.values()), "owner": self.owner})
            return cursor.fetchall()

    def changes(self) -> Iterator[sql.Composed]:
        yield from self.attributes()
        yield from self.memberships()
        yield from self.owners()
        yield from self.grants()

    def attributes(self) -> Iterator[sql.Composed]:
        found = {name: (modest, tuple(settings)) for name, modest, settings in self.ask(ATTRIBUTES)}
        for role, wanted in ROLES.items():
            name = self.names[role]
            modest, settings = found.get(name, (None, ()))
            if not modest:
                verb = "CREATE" if modest is None else "ALTER"
                yield statement(f"{verb} ROLE {{}} {MODEST}", name)
            if settings != wanted:
                yield statement("ALTER ROLE {} RESET ALL", name)
                for setting in wanted:
                    yield statement(f"ALTER ROLE {{}} SET {setting.replace('=', ' = ')}", name)

    def memberships(self) -> Iterator[sql.Composed]:
        """What a role inherits from another, it was not given here."""
        for parent, member in self.ask(PARENTS):
            yield statement("REVOKE {} FROM {}", parent, member)
        if not self.ask("SELECT 1 WHERE pg_has_role(%(owner)s, 'USAGE')"):
            yield statement("GRANT {} TO CURRENT_USER", self.owner)

    def owners(self) -> Iterator[sql.Composed]:
        create = Grant(self.owner, "CREATE", "SCHEMA", "public")
        if create not in self.granted():  # an owner must be able to make what it owns
            yield granting("GRANT", create)
        for kind, name, arguments, owner in sorted(self.ask(OWNED)):
            if owner != self.owner:
                form = f"ALTER {kind} {{}}({arguments})" if kind == "FUNCTION" else "ALTER TABLE {}"
                yield statement(f"{form} OWNER TO {{}}", name, self.owner)

    def grants(self) -> Iterator[sql.Composed]:
        found, wanted = self.granted(), set(self.wanted())
        for grant in sorted(found - wanted):
            yield granting("REVOKE", grant, self.owner)
        for grant in sorted(wanted - found):
            yield granting("GRANT", grant, self.owner)

    def granted(self) -> set[Grant]:
        return {Grant(*row) for row in self.ask(GRANTED)}

    def wanted(self) -> Iterator[Grant]:
        app, read, backup = (self.names[role] for role in ("app", "read", "backup"))
        for role in self.names.values():
            yield Grant(role, "CONNECT", "DATABASE", self.database)
            yield Grant(role, "USAGE", "SCHEMA", "public")
        yield Grant(self.owner, "CREATE", "SCHEMA", "public")
        for kind, name in self.ask(RELATIONS):
            yield Grant(backup, "SELECT", kind, name)
            if kind == "TABLE":
                yield from (Grant(app, each, kind, name) for each in LESS.get(name, WRITE))
            if name in PUBLIC:
                yield Grant(read, "SELECT", kind, name)
        # A new table is in the next backup. Everyone else waits for this to be run again.
        yield from (Grant(backup, "SELECT", kind) for kind in ("TABLES", "SEQUENCES"))


def statement(form: str, *names: str) -> sql.Composed:
    return sql.SQL(form).format(*map(sql.Identifier, names))  # type: ignore[arg-type]


def granting(verb: str, grant: Grant, owner: str = "") -> sql.Composed:
    to = "TO" if verb == "GRANT" else "FROM"
    role = sql.SQL("PUBLIC") if grant.role == "public" else sql.Identifier(grant.role)
    if not grant.name:
        form = f"{verb} {grant.privilege} ON {grant.kind} {to} "
        default = statement("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public ", owner)
        return default + sql.SQL(form) + role
    return statement(f"{verb} {grant.privilege} ON {grant.kind} {{}} {to} ", grant.name) + role


def excess(connection: BaseDatabaseWrapper) -> list[str]:
    """The tables to which whoever is connected may do more than a public process needs."""
    with connection.cursor() as cursor:
        cursor.execute(EXCESS, {"public": list(PUBLIC)})
        return [name for (name,) in cursor.fetchall()]
