package suppression

import "regexp"

// Tool is a program whose findings are judged.
type Tool string

// The tools.
const (
	Nag         Tool = "cdk-nag"
	Guard       Tool = "cfn-guard"
	Gosec       Tool = "gosec"
	Govulncheck Tool = "govulncheck"
)

// Tools lists them all.
func Tools() []Tool { return []Tool{Nag, Guard, Gosec, Govulncheck} }

// ids is how the rules of each tool are called.
var ids = map[Tool]*regexp.Regexp{
	Nag:         regexp.MustCompile(`^(AwsSolutions-|NIST\.800\.53\.R5-)[A-Za-z0-9]+`),
	Guard:       regexp.MustCompile(`^CT\.[A-Z0-9.-]+\.PR\.[0-9]+$`),
	Gosec:       regexp.MustCompile(`^G[0-9]+$`),
	Govulncheck: regexp.MustCompile(`^GO-[0-9]+-[0-9]+$`),
}

// Of returns the tool that a rule belongs to, or nothing.
func Of(rule string) Tool {
	for tool, id := range ids {
		if id.MatchString(rule) {
			return tool
		}
	}
	return ""
}

// templates reports whether the tool reads templates, and not code.
func (t Tool) templates() bool { return t == Nag || t == Guard }
