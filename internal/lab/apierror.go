package lab

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

// apiError is an error as an AWS service gives it.
type apiError struct {
	status  int
	code    string
	message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

func refuse(code, format string, args ...any) error {
	return &apiError{http.StatusBadRequest, code, fmt.Sprintf(format, args...)}
}

// xmlErrors are the forms of errors in the protocols that write XML.
var xmlErrors = map[string]string{
	"query":    "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>lab</RequestId></ErrorResponse>",
	"ec2":      "<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>lab</RequestID></Response>",
	"rest-xml": "<Error><Code>%s</Code><Message>%s</Message><RequestId>lab</RequestId></Error>",
}

func writeError(w http.ResponseWriter, protocol string, err error) {
	e, ok := err.(*apiError) //nolint:errorlint // made here, never wrapped
	if !ok {
		e = &apiError{http.StatusInternalServerError, "InternalServerError", err.Error()}
	}
	if protocol == "cbor" {
		writeCBOR(w, e.status, cbor.Map{"__type": cbor.String(e.code), "message": cbor.String(e.message)})
		return
	}
	if form := xmlErrors[protocol]; form != "" {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(e.status)
		_, _ = fmt.Fprintf(w, form, e.code, escape(e.message))
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Errortype", e.code)
	// texts always can
	body, _ := json.Marshal(map[string]string{"__type": e.code, "Code": e.code, "message": e.message,
		"Message": e.message})
	// which clients of DynamoDB check
	w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	w.WriteHeader(e.status)
	_, _ = w.Write(body)
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}
