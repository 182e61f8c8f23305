// SPDX-License-Identifier: ISC
// What a Go program sees that has no libc, by os.LookupEnv and os.Environ: see show.c.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	for _, name := range os.Args[1:] {
		value, found := os.LookupEnv(name)
		if found {
			fmt.Fprintf(out, "look %s=%s\x00", name, value)
		} else {
			fmt.Fprintf(out, "none %s\x00", name)
		}
	}
	for _, entry := range os.Environ() {
		fmt.Fprintf(out, "list %s\x00", entry)
	}
	fmt.Fprint(out, "ready\x00")
	out.Flush()
	io.Copy(io.Discard, os.Stdin)
}
