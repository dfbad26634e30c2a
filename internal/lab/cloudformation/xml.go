package cloudformation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hubmend/internal/lab/apicall"
)

// fields are the members of a structure in an answer of a query protocol. Members that
// are empty are left out, as the service does.
type fields map[string]any

const cloudFormationXML = "http://cloudformation.amazonaws.com/doc/2010-05-15/"

// answerXML writes an answer.
func answerXML(api string, result fields) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<%sResponse xmlns="%s">`, api, cloudFormationXML)
	element(&b, api+"Result", result)
	fmt.Fprintf(&b, `<ResponseMetadata><RequestId>lab</RequestId></ResponseMetadata></%sResponse>`, api)
	return b.String()
}

func element(b *strings.Builder, name string, value any) {
	switch v := value.(type) {
	case nil:
		return
	case time.Time:
		if v.IsZero() {
			return
		}
		value = v.UTC().Format("2006-01-02T15:04:05.000Z")
	case string:
		if v == "" {
			return
		}
	}
	fmt.Fprintf(b, "<%s>", name)
	switch v := value.(type) {
	case fields:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			element(b, key, v[key])
		}
	case []fields:
		for _, item := range v {
			element(b, "member", item)
		}
	case []string:
		for _, item := range v {
			element(b, "member", item)
		}
	default:
		b.WriteString(apicall.Escape(fmt.Sprint(v)))
	}
	fmt.Fprintf(b, "</%s>", name)
}

// pairs writes a map as CloudFormation does: a list of names and values.
func pairs(m map[string]string, name, value string) []fields {
	list := []fields{}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		list = append(list, fields{name: key, value: m[key]})
	}
	return list
}
