package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"jembatan/tunnel/plan"
)

// TestInversesHoldNoToken gives steps the token that a plan keeps in the place
// of a secret that was: no inverse writes it to a router.
func TestInversesHoldNoToken(t *testing.T) {
	const token = "sealed:0123"
	was := map[string]string{"name": "eoip1", "comment": "jembatan:lan/a.x-b.y", "ipsec-secret": token}
	step := func(op plan.Op) plan.Step {
		return plan.Step{Router: "a", Menu: plan.MenuEoIP, Op: op, Mark: was["comment"], ID: "*1", Was: was, HadSecret: true}
	}
	rotate, clearing, remove := step(plan.Set), step(plan.Set), step(plan.Remove)
	rotate.Secrets = map[string]plan.SecretRef{"ipsec-secret": {Env: "PSK"}}
	clearing.Unset = []string{"ipsec-secret"}
	p := plan.Plan{Units: []plan.Unit{{Routers: []string{"a"}, Steps: []plan.Step{rotate, clearing, remove}}}}
	inverses := p.Inverses()["a"]
	if len(inverses) != 3 {
		t.Fatalf("%+v", inverses)
	}
	for _, inv := range inverses {
		if !inv.Secret || strings.Contains(fmt.Sprintf("%+v", inv), token) || len(inv.Unset) > 1 {
			t.Errorf("%+v", inv)
		}
	}
}
