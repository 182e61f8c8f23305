// SPDX-License-Identifier: ISC

// A static program: CGO_ENABLED=0 go build gateway.go. Answers each POST with its signature, by GATEWAY_KEY from the
// environment; knows nothing of where that comes from.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log"
	"net/http"
	"os"
)

func main() {
	log.SetFlags(0)
	key := os.Getenv("GATEWAY_KEY")
	if key == "" {
		log.Fatal("gateway: GATEWAY_KEY is not set")
	}
	http.HandleFunc("/", func(answer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(io.LimitReader(request.Body, 65536))
		if err != nil || request.Method != http.MethodPost {
			http.Error(answer, "POST what is to be signed", http.StatusBadRequest)
			return
		}
		code := hmac.New(sha256.New, []byte(key))
		code.Write(body)
		io.WriteString(answer, hex.EncodeToString(code.Sum(nil))+"\n")
	})
	log.Printf("gateway: ready, GATEWAY_KEY has %d characters", len(key))
	log.Fatal(http.ListenAndServe("127.0.0.1:8702", nil))
}
