package main

import (
	"regexp"
	"strings"
)

// cobraWords are messages of the library about a command line, and ours.
var cobraWords = []struct {
	its  *regexp.Regexp
	ours string
}{
	{regexp.MustCompile(`^accepts (1) arg\(s\), received (\d+)$`),
		"this command takes $1 argument, not $2; usage: USAGE"},
	{regexp.MustCompile(`^accepts at most (1) arg\(s\), received (\d+)$`),
		"this command takes at most $1 argument, not $2; usage: USAGE"},
	{regexp.MustCompile(`^requires at least (\d+) arg\(s\), only received (\d+)$`),
		"this command takes $1 or more arguments, not $2; usage: USAGE"},
	{regexp.MustCompile(`^if any flags in the group .* none of the others can be; \[(\S+) (\S+)\] were all set$`),
		"--$1 and --$2 do not go together"},
	{regexp.MustCompile(`^invalid argument "(.*)" for "(?:-\w, )?(--\S+)" flag: strconv\..*$`),
		"$2 takes a number, not \"$1\""},
	{regexp.MustCompile(`^invalid argument ".*" for "--set" flag: (.*) must be formatted as key=value$`),
		"\"$1\" sets nothing; write a value, such as CIS4142=ENABLED"},
	{regexp.MustCompile(`^invalid argument ".*" for "(?:-\w, )?--\S+" flag: (.*)$`), "$1"},
	{regexp.MustCompile(`^required flag\(s\) "(\S+)" not set$`), "--$1 is missing"},
	{regexp.MustCompile(`(?s)^(unknown command "[^\n]*)\n\nDid you mean this\?\n\t(\S+)\n.*$`), "$1; did you mean $2?"},
}

// ownWords returns the text of an error in our words. The usage is that of the command which failed, such as
// "hubmend undo TARGET".
func ownWords(err error, usage string) string {
	said := err.Error()
	for _, w := range cobraWords {
		if w.its.MatchString(said) {
			return strings.ReplaceAll(w.its.ReplaceAllString(said, w.ours), "USAGE", usage)
		}
	}
	return said
}
