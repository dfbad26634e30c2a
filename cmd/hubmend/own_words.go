package main

import "regexp"

// cobraWords are what the library says of a command line, and what we say instead.
var cobraWords = []struct {
	its  *regexp.Regexp
	ours string
}{
	{regexp.MustCompile(`^accepts (1) arg\(s\), received (\d+)$`),
		"this command takes $1 argument, and $2 were given; --help shows the form"},
	{regexp.MustCompile(`^accepts at most (1) arg\(s\), received (\d+)$`),
		"this command takes $1 argument at most, and $2 were given; --help shows the form"},
	{regexp.MustCompile(`^requires at least (\d+) arg\(s\), only received (\d+)$`),
		"$2 arguments are too few, this command takes $1 or more; --help shows the form"},
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
