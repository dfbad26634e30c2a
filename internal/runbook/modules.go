package runbook

// PureModules are the modules of Python that only compute: they reach no network, file or
// environment. A script that imports nothing else decides and does not act, so the linter
// allows nothing else in Hubmend's own step documents, and a plan runs nothing else.
var PureModules = []string{
	"__future__", "base64", "collections", "copy", "csv", "dataclasses", "datetime", "decimal", "enum", "fnmatch", "fractions",
	"functools", "hashlib", "ipaddress", "itertools", "json", "math", "operator", "re", "string", "textwrap", "typing",
}
