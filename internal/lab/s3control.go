package lab

import "net/http"

// serveS3Control passes a call of S3 Control on to moto, which knows it by AWS's host name only. Clients put the
// account before the name of the lab's host: 222222222222.localhost.
func serveS3Control(moto http.Handler, w http.ResponseWriter, r *http.Request, q request) {
	account := r.Header.Get("X-Amz-Account-Id")
	if account != q.caller.Account { // another account's settings are no one else's to see
		writeError(w, "rest-xml", &apiError{http.StatusForbidden, "AccessDenied", "Access Denied"})
		return
	}
	r.Host = account + ".s3-control." + q.region + ".amazonaws.com"
	moto.ServeHTTP(w, r)
}
