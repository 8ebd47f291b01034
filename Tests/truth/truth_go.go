// SPDX-License-Identifier: Apache-2.0

// Goroutines whose stacks grow from the smallest to hundreds of KiB and are moved as they do, for a
// time; at the end the program writes into a file how often each of its functions was called.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

var handled, deepened, odd uint64

//go:noinline
func deepen(n int, pad [64]byte) int {
	atomic.AddUint64(&deepened, 1)
	if n == 0 {
		return int(pad[3])
	}
	pad[n%64]++
	return deepen(n-1, pad) + 1
}

// Blocks in the middle: another thread may go on with it.
//
//go:noinline
func handle(n int) int {
	atomic.AddUint64(&handled, 1)
	if n%3 == 0 {
		atomic.AddUint64(&odd, 1)
		return -1
	}
	runtime.Gosched()
	var pad [64]byte
	return deepen(n, pad)
}

func main() {
	seconds, _ := strconv.ParseFloat(os.Args[1], 64)
	end := time.Now().Add(time.Duration(seconds * float64(time.Second)))
	for time.Now().Before(end) {
		var group sync.WaitGroup
		for i := 0; i < 16; i++ {
			group.Add(1)
			go func(n int) {
				defer group.Done()
				handle(n * 40)
			}(i)
		}
		group.Wait()
	}
	said := fmt.Sprintf("%d %d %d\n", handled, odd, deepened)
	if err := os.WriteFile(os.Args[2], []byte(said), 0o644); err != nil {
		panic(err)
	}
}
