"""Hostile patterns and options, for each adapter by its name: each is refused, or lists nothing."""

PATTERNS = (
    *("", " ", "\0", "a\0b", "\ud800", "\x1b[31mred", "\u202egnp.npz", "new\nline", "\x85"),
    *("[", "[]", "[!", "[a-", "]", "{", "zz" + "*a" * 500, "?" * 500, "[a]" * 1000),
    *("a" * 300, "a" * 10**5, "@", "~nobody/"),
    *("/" * 5000, "../" * 3000, "/dev/zero", "/dev/stdin", "/proc/self/mem", "/proc/*/maps", "/"),
    *(
        "@samples//etc/passwd",
        "@samples/../../etc/passwd",
        "@samples",
        "@",
        "@nobody/x",
        "~nobody/",
    ),
    *("http://127.0.0.1:9/x.npz", "file:///etc/passwd", "s3://no/such", "memory:a", "x:y:z"),
    *("no-such?", "no-such?a", "no-such?=", "no-such?a=b&a=c", "no-such?%", "no-such?family=\x1b"),
    *("no-such#x", "%", "%zz", "%00", "%0a", "%ff", "-", "--help", "$(id)", "`id`", "__class__"),
)
