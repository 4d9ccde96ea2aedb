package export

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
)

// sink is a file being written. It keeps the first error itself: the Parquet writer drops errors of Close and of a row
// group's end, and panics on one at the beginning. So the writer is told that all is well, and finish tells the truth.
//
// Size and sha256 are those of the bytes written.
type sink struct {
	file io.WriteCloser
	to   *bufio.Writer
	sum  hash.Hash
	size int64
	err  error
}

func create(path string) (*sink, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return newSink(f), nil
}

func newSink(f io.WriteCloser) *sink {
	return &sink{file: f, to: bufio.NewWriter(f), sum: sha256.New()}
}

func (s *sink) Write(p []byte) (int, error) {
	if s.err == nil {
		_, s.err = s.to.Write(p)
	}
	s.sum.Write(p)
	s.size += int64(len(p))
	return len(p), nil
}

// Seek tells the position, which is all that the IPC writer asks for.
func (s *sink) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("export: files are written from front to back")
	}
	return s.size, nil
}

// finish closes the file and gives what went wrong, in writing or before.
func (s *sink) finish(writing error) error {
	return errors.Join(writing, s.err, s.to.Flush(), s.file.Close())
}

func (s *sink) sha256() string { return hex.EncodeToString(s.sum.Sum(nil)) }
