package ooxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/richardlehane/mscfb"
	"github.com/xuri/excelize/v2"
)

// MagicOLE begins a container of the old kind: an old document, or an encrypted new one.
var MagicOLE = []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")

// MagicZip begins a container of the new kind.
var MagicZip = []byte("PK\x03\x04")

// Password is what Excel encrypts a book with that it calls read-only.
const Password = "VelvetSweatshop"

// Decrypt decrypts a read-only workbook, whose password every program knows; unencrypted data it returns unchanged.
// Anything else in an OLE container is a fault: a real password, an old document.
func Decrypt(data []byte) (plain []byte, err error) {
	if !bytes.HasPrefix(data, MagicOLE) {
		return data, nil
	}
	defer func() { // the readers of old containers may panic on broken files
		if recover() != nil {
			plain, err = nil, fault(Damaged, "旧格式容器已损坏")
		}
	}()
	if err := checkEncryption(data); err != nil {
		return nil, err
	}
	plain, err = excelize.Decrypt(data, &excelize.Options{Password: Password})
	if err != nil || !bytes.HasPrefix(plain, MagicZip) {
		return nil, &Fault{Kind: Encrypted}
	}
	// The encryption pads the container; cut it behind the end of its directory.
	if end := EndOfDirectory(plain); end > 0 && end <= len(plain) {
		plain = plain[:end]
	}
	return plain, nil
}

// checkEncryption checks the streams of an OLE container before the library decrypts it.
func checkEncryption(data []byte) error {
	source := &limitedReader{Reader: *bytes.NewReader(data), left: maxOldDirectory}
	streams, err := mscfb.New(source)
	switch {
	case err != nil && source.left < 0:
		return fault(Excessive, "旧格式容器的目录过大")
	case err != nil:
		return fault(Incomplete, "旧格式容器打不开")
	}
	source.left = MaxFile
	encrypted, described := 0, 0
	var info []byte
	for entry, err := streams.Next(); err == nil; entry, err = streams.Next() {
		switch entry.Name {
		case "EncryptedPackage":
			encrypted++
			_, _ = io.Copy(io.Discard, streams)
		case "EncryptionInfo":
			described++
			info = make([]byte, min(max(entry.Size, 0), maxInfo))
			_, _ = streams.Read(info)
		}
	}
	spins, clear := spinCount(info)
	switch {
	case encrypted == 0:
		return &Fault{Kind: OldOffice}
	case source.beyond: // said before the password: taking it away would not help
		return fault(Incomplete, "加密的内容只到了一部分")
	case encrypted > 1 || described > 1: // the library reads each
		return fault(Damaged, "旧格式容器里有两份加密内容")
	case len(info) == maxInfo, !clear, spins > maxSpins: // the library would turn for minutes
		return &Fault{Kind: Encrypted}
	}
	return nil
}

// maxSpins bounds how often a password is hashed to make the key. Excel and WPS write 100,000.
const maxSpins = 1000000

// maxInfo bounds the description of an encryption, which takes about 1 KB.
const maxInfo = 64 << 10

// spinCount returns the largest spin count in the description of an encryption, whatever the namespace, as the library
// reads it; older encryption has none. clear: the description could be read to its end.
func spinCount(info []byte) (most int, clear bool) {
	const version = 8
	if !bytes.HasPrefix(info, []byte{4, 0, 4, 0}) { // of the newer encryption, which is described in XML
		return 0, true
	}
	for d := xml.NewDecoder(bytes.NewReader(info[min(version, len(info)):])); ; {
		token, err := d.Token()
		switch t := token.(type) {
		case xml.Directive:
			return most, false
		case xml.StartElement:
			for _, a := range t.Attr {
				if n, err := strconv.Atoi(strings.TrimSpace(a.Value)); err == nil && a.Name.Local == "spinCount" {
					most = max(most, n)
				}
			}
		}
		if err != nil {
			return most, err == io.EOF
		}
	}
}

// maxOldDirectory limits what is read of an OLE container to list its streams: the library keeps a path for each, and
// nested streams take quadratic memory. An encrypted workbook has eight, in 2 KB.
const maxOldDirectory = 256 << 10

var errLimit = errors.New("读得太多")

// limitedReader reads at most so many bytes of a file in all, and records reads beyond its end.
type limitedReader struct {
	bytes.Reader
	left   int
	beyond bool
}

func (f *limitedReader) ReadAt(p []byte, at int64) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errLimit
	}
	f.beyond = f.beyond || at >= f.Size()
	return f.Reader.ReadAt(p, at)
}
