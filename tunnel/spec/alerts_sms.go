package spec

import "jembatan/tunnel"

func smsForm(dst *given[rawSMS]) form {
	return record[rawSMS]{
		dst: dst, word: "a way for text messages", id: "SMS route",
		doc: "A way for text messages: the modem of a router (router and port), or an HTTP gateway (gateway and what follows it).",
		fields: []field[rawSMS]{
			{
				key:  "router",
				doc:  "The router that has the modem.",
				form: func(s *rawSMS) form { return routerName(&s.router) },
			}, {
				key:  "port",
				doc:  "The modem as RouterOS names it: an LTE interface or a serial port.",
				form: func(s *rawSMS) form { return text(&s.port, "a port", 64, "lte1") },
			}, {
				key:  "gateway",
				doc:  "Address that each message is posted to; any answer of 2xx means that it was taken.",
				form: func(s *rawSMS) form { return gatewayURL(&s.gateway) },
			}, {
				key: "format", def: "form",
				doc:  "How the fields are posted: form (as a web form) or json (one object).",
				form: func(s *rawSMS) form { return word(&s.format, "a format", tunnel.GatewayForm, tunnel.GatewayJSON) },
			}, {
				key:  "token",
				doc:  "Where the gateway's secret is kept: a bearer token, unless user or token_field is given.",
				form: func(s *rawSMS) form { return secretForm(&s.token) },
			}, {
				key:  "user",
				doc:  "Name for HTTP basic authentication, with the token as its password.",
				form: func(s *rawSMS) form { return text(&s.user, "a user name", 128, "jembatan") },
			}, {
				key:  "token_field",
				doc:  "Field that carries the token, in place of a header.",
				form: func(s *rawSMS) form { return fieldName(&s.tokenField, "password") },
			}, {
				key: "to_field", def: defaultToField,
				doc:  "Field that carries the number.",
				form: func(s *rawSMS) form { return fieldName(&s.toField, "number") },
			}, {
				key: "text_field", def: defaultTextField,
				doc:  "Field that carries the text.",
				form: func(s *rawSMS) form { return fieldName(&s.textField, "message") },
			}, {
				key: "fields",
				doc: "Further fields that go with every message; never a secret.",
				form: func(s *rawSMS) form {
					return table[string]{dst: &s.fields, what: "field", max: maxSMSRoutes, item: fieldValue}
				},
			},
		},
	}
}

func fieldName(dst *given[string], example string) form {
	return pattern(dst, "the name of a field", fieldPattern, example)
}

func fieldValue(dst *given[string]) form { return text(dst, "a value", 100, "jembatan") }
