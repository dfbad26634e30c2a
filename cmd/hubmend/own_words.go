package main

import "regexp"

// cobraWords are messages of the library about a command line, and ours.
var cobraWords = []struct {
	its  *regexp.Regexp
	ours string
}{
	{regexp.MustCompile(`^accepts (1) arg\(s\), received (\d+)$`),
		"this command takes $1 argument, not $2; see --help"},
	{regexp.MustCompile(`^accepts at most (1) arg\(s\), received (\d+)$`),
		"this command takes at most $1 argument, not $2; see --help"},
	{regexp.MustCompile(`^requires at least (\d+) arg\(s\), only received (\d+)$`),
		"this command takes $1 or more arguments, not $2; see --help"},
	{regexp.MustCompile(`^if any flags in the group .* none of the others can be; \[(\S+) (\S+)\] were all set$`),
		"--$1 and --$2 do not go together"},
	{regexp.MustCompile(`^invalid argument "(.*)" for "(?:-\w, )?(--\S+)" flag: strconv\..*$`),
		"$2 takes a number, not \"$1\""},
	{regexp.MustCompile(`^invalid argument ".*" for "(?:-\w, )?--\S+" flag: (.*)$`), "$1"},
	{regexp.MustCompile(`^required flag\(s\) "(\S+)" not set$`), "--$1 is missing"},
	{regexp.MustCompile(`(?s)^(unknown command "[^\n]*)\n\nDid you mean this\?\n\t(\S+)\n.*$`), "$1; did you mean $2?"},
}

// ownWords gives the text of an error, in our words.
func ownWords(err error) string {
	said := err.Error()
	for _, w := range cobraWords {
		if w.its.MatchString(said) {
			return w.its.ReplaceAllString(said, w.ours)
		}
	}
	return said
}
