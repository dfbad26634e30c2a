package apicall

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

// Error is an error as an AWS service gives it.
type Error struct {
	Status  int
	Code    string
	Message string
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Refuse makes the error for a request that the service rejects with status 400.
func Refuse(code, format string, args ...any) error {
	return &Error{http.StatusBadRequest, code, fmt.Sprintf(format, args...)}
}

// xmlErrors are the forms of errors in the protocols that write XML.
var xmlErrors = map[string]string{
	"query":    "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>lab</RequestId></ErrorResponse>",
	"ec2":      "<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>lab</RequestID></Response>",
	"rest-xml": "<Error><Code>%s</Code><Message>%s</Message><RequestId>lab</RequestId></Error>",
}

// WriteError writes an error in the form of a protocol.
func WriteError(w http.ResponseWriter, protocol string, err error) {
	e, ok := err.(*Error) //nolint:errorlint // made here, never wrapped
	if !ok {
		e = &Error{http.StatusInternalServerError, "InternalServerError", err.Error()}
	}
	if protocol == "cbor" {
		WriteCBOR(w, e.Status, cbor.Map{"__type": cbor.String(e.Code), "message": cbor.String(e.Message)})
		return
	}
	if form := xmlErrors[protocol]; form != "" {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(e.Status)
		_, _ = fmt.Fprintf(w, form, e.Code, Escape(e.Message))
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Errortype", e.Code)
	// Strings can always be encoded.
	body, _ := json.Marshal(map[string]string{"__type": e.Code, "Code": e.Code, "message": e.Message,
		"Message": e.Message})
	// Clients of DynamoDB check this header.
	w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	w.WriteHeader(e.Status)
	_, _ = w.Write(body)
}

// Escape makes text safe to put in XML.
func Escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}
