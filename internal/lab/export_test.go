package lab

// DisableSecurityHub makes Security Hub refuse every call of an account in a Region.
func (l *Lab) DisableSecurityHub(account, region string) {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	l.hub.disabled[account+" "+region] = true
}
