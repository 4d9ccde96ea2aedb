// Package ooxml reads the containers that office programs write: zip files of XML parts. Files are untrusted, so
// nothing is used before the whole file is verified: the directory is where the end record says, every entry unpacks to
// the declared length and checksum, names are unique, and XML is parsed strictly to its end.
//
//	data, err := ooxml.Decrypt(data) // a read-only book, encrypted with the password that every program knows
//	parts, err := ooxml.Open(data)   // verified
//	err = ooxml.NewWalker().Walk(parts.Get("xl/workbook.xml"), show)
//
// Errors are of type *Fault: a kind, and details for people. Callers decide which finding follows.
//
// Everything is limited in advance: a file of 20 MB, a directory of 4 MB, 64 MB a part, 128 MB in all, 800,000
// elements a workbook, 64 deep, 1 MB a token, no DOCTYPE, no entities but XML's own five.
package ooxml

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"
)

// Limits of one container. A filled form unpacks to about 1 MB; one in a thousand public workbooks exceeds 10 MB.
const (
	MaxFile      = 20 << 20
	MaxPart      = 64 << 20
	MaxTotal     = 128 << 20
	MaxEntries   = 2000
	MaxDirectory = 4 << 20 // the directory is read whole before anything can be counted
	MaxElements  = 800000  // of all parts that are walked
	MaxDepth     = 64
	MaxToken     = 1 << 20 // bytes of one tag or one run of text
)

// Kind of a fault.
type Kind int

const (
	Incomplete Kind = iota // cut off
	Damaged                // checksums or XML don't hold
	Encrypted              // with a password of its own
	OldOffice              // a container of the old kind, with a document of the old kind
	Inflates               // unpacks to far more than an office file holds
	Excessive              // more of something than an office file holds
)

// Fault is why a container can't be used.
type Fault struct {
	Kind   Kind
	Detail string // for a person; may be empty
}

func (f *Fault) Error() string { return f.Detail }

func fault(kind Kind, format string, args ...any) *Fault {
	return &Fault{kind, fmt.Sprintf(format, args...)}
}

// Part is one verified entry of a container.
type Part struct {
	Name string // as written, with forward slashes and no leading one
	Data []byte
}

// Parts are the entries of a container in the order of its directory.
type Parts struct {
	All         []Part
	index       map[string]int     // by name in lower case: two names that differ in nothing else are one
	inflater    *inflater          // holds the content
	inflatePart func(i int) []byte // unpacks a part that is asked for; nil: all are
}

// Release returns the memory of the parts to the pool. Their content must not be used afterwards.
func (p *Parts) Release() {
	if p.inflater != nil && cap(p.inflater.slab) <= maxKeptSlab {
		inflaters.Put(p.inflater)
	}
	*p = Parts{}
}

// Get returns the content of a part; nil if there is none.
func (p *Parts) Get(name string) []byte {
	i, ok := p.index[strings.ToLower(name)]
	switch {
	case !ok:
		return nil
	case p.inflatePart != nil && p.All[i].Data == nil:
		p.All[i].Data = p.inflatePart(i)
	}
	return p.All[i].Data
}

// Has reports whether there is a part of this name, perhaps empty.
func (p *Parts) Has(name string) bool {
	_, ok := p.index[strings.ToLower(name)]
	return ok
}

// Open verifies the whole container.
func Open(data []byte) (*Parts, error) { return open(data, false) }

// OpenLazily verifies each part only when it is asked for; a damaged one counts as missing. It serves for a first look
// at a container that will be opened, and verified, before anything in it is used.
func OpenLazily(data []byte) (*Parts, error) { return open(data, true) }

func open(data []byte, lazily bool) (*Parts, error) {
	files, err := readDirectory(data)
	if err != nil {
		return nil, err
	}
	tool := inflaters.Get().(*inflater)
	tool.reserve(files)
	out, left := &Parts{index: make(map[string]int, len(files)), inflater: tool}, uint64(MaxTotal)
	var waiting []*zip.File
	if lazily {
		out.inflatePart = func(i int) []byte {
			content, _ := tool.inflate(data, waiting[i], MaxTotal)
			return content
		}
	}
	for _, f := range files {
		name := strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/")
		if f.Mode().IsDir() {
			if f.UncompressedSize64 > 0 || f.CRC32 != 0 { // one flipped bit turns a part into a folder
				return nil, fault(Damaged, "文件夹里有内容")
			}
			continue
		}
		key := strings.ToLower(name)
		if _, taken := out.index[key]; taken {
			return nil, fault(Damaged, "部件重名")
		}
		var content []byte
		if lazily {
			waiting = append(waiting, f)
		} else if content, err = tool.inflate(data, f, left); err != nil {
			return nil, err
		}
		left -= uint64(len(content))
		out.index[key] = len(out.All)
		out.All = append(out.All, Part{name, content})
	}
	return out, nil
}

// readDirectory reads the entries of a container. Nothing may precede or follow it in the file.
func readDirectory(data []byte) ([]*zip.File, error) {
	switch end := EndOfDirectory(data); {
	case end == 0:
		return nil, fault(Incomplete, "缺少结尾，可能被截断")
	case end != len(data):
		return nil, fault(Damaged, "结尾之后另有内容")
	}
	size, ok := DirectorySize(data, int64(len(data)))
	if !ok {
		return nil, fault(Damaged, "目录与文件大小不符")
	}
	if size > MaxDirectory {
		return nil, fault(Inflates, "目录有 %d MB，部件过多", size>>20)
	}
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, fault(Incomplete, "目录打不开")
	}
	if len(zr.File) > MaxEntries {
		return nil, fault(Inflates, "含 %d 个部件，一份推荐书不过几十个", len(zr.File))
	}
	return zr.File, nil
}

// EndOfDirectory returns the offset at which a zip container ends; 0 if no end is found.
func EndOfDirectory(data []byte) int {
	at := bytes.LastIndex(data, []byte("PK\x05\x06"))
	if at < 0 || at+22 > len(data) {
		return 0
	}
	return at + 22 + int(data[at+20]) + int(data[at+21])<<8
}

// DirectorySize reads the size of the directory from the last bytes of a zip container. ok: the directory is where the
// end record says, so nothing precedes the container and its beginning is not cut off.
func DirectorySize(tail []byte, size int64) (directory int64, ok bool) {
	const locator, end64 = 20, 56
	if EndOfDirectory(tail) == 0 {
		return 0, false
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	pos := size - int64(len(tail)-at)
	little := binary.LittleEndian
	directory, offset := int64(little.Uint32(tail[at+12:])), int64(little.Uint32(tail[at+16:]))
	if directory+offset == pos {
		return directory, true
	}
	if at < locator+end64 || !bytes.HasPrefix(tail[at-locator:], []byte("PK\x06\x07")) ||
		!bytes.HasPrefix(tail[at-locator-end64:], []byte("PK\x06\x06")) {
		return 0, false
	}
	record := tail[at-locator-end64:] // of large containers, and of programs that write every one so
	large, far := little.Uint64(record[40:]), little.Uint64(record[48:])
	return int64(large), large < 1<<40 && far < uint64(size) && int64(large+far) == pos-locator-end64
}

// inflater unpacks entries. A new decoder for each part costs as much as a small part.
type inflater struct {
	source  bytes.Reader
	decoder io.ReadCloser
	slab    []byte // the parts of one container, one behind the other
}

// maxKeptSlab limits the buffer that is kept for the next container; a form needs 2 MB.
const maxKeptSlab = 8 << 20

// maxRatio is the largest compression ratio of deflate.
const maxRatio = 1032

// reserve allocates memory for all entries, by their declared sizes as far as these are possible.
func (t *inflater) reserve(files []*zip.File) {
	total := uint64(0)
	for _, f := range files {
		total += min(f.UncompressedSize64, MaxPart, min(f.CompressedSize64, MaxFile)*maxRatio)
	}
	if total = min(total, MaxTotal); uint64(cap(t.slab)) < total {
		t.slab = make([]byte, 0, total)
	}
	t.slab = t.slab[:0]
}

// allocate returns bytes of the slab, or new ones if it is full.
func (t *inflater) allocate(size int) []byte {
	from := len(t.slab)
	if cap(t.slab)-from < size {
		return make([]byte, size)
	}
	t.slab = t.slab[:from+size]
	return t.slab[from : from+size : from+size]
}

var inflaters = sync.Pool{New: func() any { return &inflater{decoder: flate.NewReader(bytes.NewReader(nil))} }}

// inflate unpacks one entry and verifies its length and checksum. It computes the checksum itself, because archive/zip
// accepts a checksum of zero.
func (t *inflater) inflate(data []byte, f *zip.File, left uint64) ([]byte, error) {
	const encrypted = 1
	most, size, packed := min(MaxPart, left), f.UncompressedSize64, f.CompressedSize64
	switch {
	case f.Flags&encrypted != 0:
		return nil, &Fault{Kind: Encrypted}
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return nil, fault(Damaged, "压缩方法 %d 不认识", f.Method)
	case f.Mode()&fs.ModeSymlink != 0:
		return nil, fault(Damaged, "部件是链接")
	case size > most:
		return nil, fault(Inflates, "解开后超过 %d MB", most>>20)
	}
	at, err := f.DataOffset()
	if err != nil || uint64(at) > uint64(len(data)) || packed > uint64(len(data))-uint64(at) {
		return nil, fault(Damaged, "部件打不开")
	}
	raw := data[at : uint64(at)+packed]
	switch {
	case size == 0 && packed == 0: // an empty part, whatever the method
		return []byte{}, verifyChecksum(nil, f)
	case f.Method == zip.Store && packed != size, size > packed*maxRatio:
		return nil, fault(Damaged, "部件长度不符")
	case f.Method == zip.Store:
		return raw, verifyChecksum(raw, f)
	}
	content := t.allocate(int(size))
	t.source.Reset(raw)
	if err := t.decoder.(flate.Resetter).Reset(&t.source, nil); err != nil {
		return nil, fault(Damaged, "部件打不开")
	}
	_, err = io.ReadFull(t.decoder, content)
	var more [1]byte
	if n, end := t.decoder.Read(more[:]); err != nil || n > 0 || end != io.EOF {
		return nil, fault(Damaged, "部件长度不符")
	}
	return content, verifyChecksum(content, f)
}

func verifyChecksum(content []byte, f *zip.File) error {
	if crc32.ChecksumIEEE(content) != f.CRC32 {
		return fault(Damaged, "部件校验和不符")
	}
	return nil
}

// Compressors, which take more memory than most workbooks.
var DefaultCompressors, BestCompressors = compressors(flate.DefaultCompression), compressors(flate.BestCompression)

func compressors(level int) sync.Pool {
	return sync.Pool{New: func() any {
		w, _ := flate.NewWriter(nil, level) // an error is for a level that there is not
		return w
	}}
}

// Pack writes parts to a container, in their order. method is one of archive/zip's.
func Pack(parts []Part, method uint16) ([]byte, error) {
	var out bytes.Buffer
	zw, deflate := zip.NewWriter(&out), DefaultCompressors.Get().(*flate.Writer)
	defer DefaultCompressors.Put(deflate)
	zw.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) { // of one part after the other
		deflate.Reset(to)
		return deflate, nil
	})
	for _, p := range parts {
		w, err := zw.CreateHeader(&zip.FileHeader{Name: p.Name, Method: method})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(p.Data); err != nil {
			return nil, err
		}
	}
	err := zw.Close() // before Bytes: it writes the directory
	return out.Bytes(), err
}

// Relation is a reference from one part to another.
type Relation struct{ ID, Type, Target string }

// Relations reads the relations of a part, or of the container if the name is empty.
func (p *Parts) Relations(w *Walker, part string) (out []Relation, err error) {
	data := p.Get(RelationsPart(part))
	if data == nil {
		return nil, nil
	}
	err = w.Walk(data, func(e *Element) error {
		if e.Start && e.Native && string(e.Name) == "Relationship" {
			out = append(out, Relation{e.Attr("Id"), e.Attr("Type"), resolve(path.Dir(part), e.Attr("Target"))})
		}
		if len(out) > MaxEntries {
			return fault(Excessive, "部件间的关系过多")
		}
		return nil
	})
	return out, err
}

// RelationsPart is the name of the part with the relations of a part.
func RelationsPart(part string) string {
	return path.Join(path.Dir(part), "_rels", path.Base("/"+part)+".rels")
}

// TargetByID returns the target of a relation; empty if there is none.
func TargetByID(all []Relation, id string) string {
	for _, r := range all {
		if id != "" && r.ID == id {
			return r.Target
		}
	}
	return ""
}

// TargetByType returns the first target of a type, given the type's end, which is the same in strict and transitional.
func TargetByType(all []Relation, end string) string {
	for _, r := range all {
		if strings.HasSuffix(r.Type, end) {
			return r.Target
		}
	}
	return ""
}

func resolve(dir, target string) string {
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(path.Clean(target), "/")
	}
	return path.Join(dir, target)
}

// MainPart returns the main part and its declared content type. Only this part tells the kind of document: SheetJS
// lists the types of macros and binary sheets in every file that it writes.
func (p *Parts) MainPart(w *Walker) (part, contentType string, err error) {
	roots, err := p.Relations(w, "")
	if err != nil {
		return "", "", err
	}
	if part = TargetByType(roots, "/officeDocument"); part == "" {
		return "", "", nil
	}
	const types = "[Content_Types].xml"
	if !p.Has(types) {
		return part, "", nil
	}
	byExtension := ""
	err = w.Walk(p.Get(types), func(e *Element) error {
		switch {
		case !e.Start || !e.Native:
		case string(e.Name) == "Override" && strings.EqualFold(e.Attr("PartName"), "/"+part):
			contentType = e.Attr("ContentType")
		case string(e.Name) == "Default" && strings.EqualFold("."+e.Attr("Extension"), path.Ext(part)):
			byExtension = e.Attr("ContentType")
		}
		return nil
	})
	if contentType == "" {
		contentType = byExtension
	}
	return part, contentType, err
}
