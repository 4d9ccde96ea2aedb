package pipeline

import (
	"archive/zip"
	"bytes"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/flate"
	"lianheti/samples/must"
	"lianheti/stages/check"
	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/office/ooxml"
	"lianheti/templates"
)

// inflateOnly unpacks all entries with the fastest decoder there is and looks at nothing: what no reader can do
// without.
func inflateOnly(data []byte) {
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		panic(err)
	}
	decoder := flate.NewReader(nil)
	var content []byte
	for _, f := range zr.File {
		raw, _ := f.OpenRaw()
		_ = decoder.(flate.Resetter).Reset(raw, nil)
		content = append(content[:0], make([]byte, f.UncompressedSize64)...)
		_, _ = io.ReadFull(decoder, content)
	}
}

// BenchmarkReading sets every stage of reading against inflating alone, over the same workbooks in turn, and reports
// the ratios of the shortest times: other programs on the machine lengthen some and shorten none. Held to: read ≤
// 3.5, checked ≤ 5 (see README).
func BenchmarkReading(b *testing.B) {
	d := must.Get(templates.Load(2024))(b)
	sources := must.Get(intake.Discover([]string{filepath.Join("..", "samples", "2024")}))(b)
	var books []intake.Source
	var data [][]byte
	for _, s := range sources {
		if intake.Read(d, s).File.Fate != model.Accepted {
			continue
		}
		file := must.Get(s.Read())(b)
		books, data = append(books, s), append(data, file)
	}
	each := func(do func(i int)) func() {
		return func() {
			for i := range books {
				do(i)
			}
		}
	}
	steps := []struct {
		name string
		do   func()
	}{
		{"inflate", each(func(i int) { inflateOnly(data[i]) })},
		{"open", each(func(i int) { _, _ = ooxml.Open(data[i]) })},
		{"read", each(func(i int) { _ = intake.Read(d, books[i]) })},
		{"rows", each(func(i int) { _ = normalize.Workbook(d, intake.Read(d, books[i])) })},
		{"checked", func() {
			batch := normalize.NewBatch(d)
			for _, s := range books {
				batch.Add(normalize.Workbook(d, intake.Read(d, s)))
			}
			facts := batch.Facts()
			if _, err := check.Run(facts, check.Known{}); err != nil {
				b.Fatal(err)
			}
		}},
	}
	best := make([]time.Duration, len(steps))
	for b.Loop() {
		for k, step := range steps {
			begin := time.Now()
			step.do()
			if took := time.Since(begin); best[k] == 0 || took < best[k] {
				best[k] = took
			}
		}
	}
	b.ReportMetric(float64(best[0].Microseconds())/float64(len(books)), "µs/inflate")
	for k, step := range steps[1:] {
		b.ReportMetric(float64(best[k+1])/float64(best[0]), "x/"+step.name)
	}
}
