package amqpsidecar

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"
)

// Random bytes are fetched in lots: a system call for every message would show.
var entropy struct {
	sync.Mutex
	bytes [1024]byte
	left  int
}

// newUUID is a UUID of version 7: sorted by time, as the sidecar's own message ids are.
func newUUID() string {
	var id [16]byte
	entropy.Lock()
	if entropy.left < 10 {
		if _, err := rand.Read(entropy.bytes[:]); err != nil {
			panic("amqpsidecar: the system gives no random bytes: " + err.Error())
		}
		entropy.left = len(entropy.bytes)
	}
	copy(id[6:], entropy.bytes[entropy.left-10:entropy.left])
	entropy.left -= 10
	entropy.Unlock()
	now := uint64(time.Now().UnixMilli())
	for i := 5; i >= 0; i-- {
		id[i] = byte(now)
		now >>= 8
	}
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80

	var text [36]byte
	hex.Encode(text[0:8], id[0:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:36], id[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}
