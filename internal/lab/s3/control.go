package s3

import (
	"net/http"

	"hubmend/internal/lab/apicall"
)

// ServeControl forwards a call of S3 Control to moto, which recognizes it only by the host name of AWS. Clients put the
// account before the host name of the lab: 222222222222.localhost.
func ServeControl(moto http.Handler, w http.ResponseWriter, r *http.Request, q apicall.Request) {
	account := r.Header.Get("X-Amz-Account-Id")
	if account != q.Caller.Account { // which S3 refuses
		apicall.WriteError(w, "rest-xml", &apicall.Error{Status: http.StatusForbidden, Code: "AccessDenied",
			Message: "Access Denied"})
		return
	}
	r.Host = account + ".s3-control." + q.Region + ".amazonaws.com"
	moto.ServeHTTP(w, r)
}
