// SPDX-License-Identifier: ISC

// A service as it would be without secrun: it reads its environment. Nothing can be loaded into it, so that secrun
// injects what it gives it.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	key := os.Getenv("MOLTBOT_API_KEY")
	if len(key) < 4 {
		fmt.Fprintln(os.Stderr, "gateway: MOLTBOT_API_KEY is not set")
		os.Exit(1)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	fmt.Printf("gateway: MOLTBOT_API_KEY has %d characters and ends in %s\n", len(key), key[len(key)-4:])
	<-stop
	fmt.Println("gateway: stopping")
}
