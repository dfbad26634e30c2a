package apicall

import (
	"net/http"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

// Some SDKs call CloudWatch in CBOR, which moto does not understand.
const cborProtocol = "rpc-v2-cbor"

// IsCBOR reports whether a request is in CBOR.
func IsCBOR(r *http.Request) bool { return r.Header.Get("Smithy-Protocol") == cborProtocol }

// CBORAPI names the call of a request in CBOR.
func CBORAPI(r *http.Request) string {
	_, name, _ := strings.Cut(r.URL.Path, "/operation/")
	return name
}

// CBORInput gives the members of a request that are texts, or lists of them.
func CBORInput(body []byte) map[string]any {
	input := map[string]any{}
	value, _ := cbor.Decode(body) // what is broken has no members
	members, _ := value.(cbor.Map)
	for name, v := range members {
		switch v := v.(type) {
		case cbor.String:
			input[name] = string(v)
		case cbor.List:
			var items []any
			for _, item := range v {
				if s, ok := item.(cbor.String); ok {
					items = append(items, string(s))
				}
			}
			input[name] = items
		}
	}
	return input
}

// WriteCBOR writes an answer in CBOR.
func WriteCBOR(w http.ResponseWriter, status int, v cbor.Value) {
	w.Header().Set("Content-Type", "application/cbor")
	w.Header().Set("Smithy-Protocol", cborProtocol)
	w.WriteHeader(status)
	_, _ = w.Write(cbor.Encode(v))
}
