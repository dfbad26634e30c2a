package s3

import (
	"net/http"

	"hubmend/internal/lab/apicall"
)

// ServeControl passes a call of S3 Control on to moto, which knows it by AWS's host name only. Clients put the
// account before the name of the lab's host: 222222222222.localhost.
func ServeControl(moto http.Handler, w http.ResponseWriter, r *http.Request, q apicall.Request) {
	account := r.Header.Get("X-Amz-Account-Id")
	if account != q.Caller.Account { // another account's settings are no one else's to see
		apicall.WriteError(w, "rest-xml", &apicall.Error{Status: http.StatusForbidden, Code: "AccessDenied",
			Message: "Access Denied"})
		return
	}
	r.Host = account + ".s3-control." + q.Region + ".amazonaws.com"
	moto.ServeHTTP(w, r)
}
