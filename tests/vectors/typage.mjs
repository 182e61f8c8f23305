// SPDX-License-Identifier: ISC
// age as the npm package age-encryption (typage) does it, for tests/unit/test_age_peers.c.
//
// usage: SECRUN_NPM=NODE_MODULES node typage.mjs COMMAND...
//   keygen                                     prints an identity, then its recipient
//   encrypt RECIPIENT[,RECIPIENT...] FILE...   seals each FILE to FILE.age and, armored, to FILE.asc
//   decrypt IDENTITY FILE...                   opens each FILE.age to FILE.opened
//   encrypt-passphrase PASSPHRASE LOGN FILE    seals FILE to FILE.age
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const age = await import(pathToFileURL(join(process.env.SECRUN_NPM, "age-encryption/dist/index.js")));
const [command, ...rest] = process.argv.slice(2);

async function seal(encrypter, file, armored) {
    const sealed = await encrypter.encrypt(new Uint8Array(readFileSync(file)));
    writeFileSync(file + ".age", sealed);
    if (armored)
        writeFileSync(file + ".asc", age.armor.encode(sealed));
}

const commands = {
    async keygen() {
        const identity = await age.generateX25519Identity();
        console.log(identity);
        console.log(await age.identityToRecipient(identity));
    },
    async encrypt(recipients, ...files) {
        const encrypter = new age.Encrypter();
        for (const recipient of recipients.split(","))
            encrypter.addRecipient(recipient);
        for (const file of files)
            await seal(encrypter, file, true);
    },
    async decrypt(identity, ...files) {
        const decrypter = new age.Decrypter();
        decrypter.addIdentity(identity);
        for (const file of files)
            writeFileSync(file + ".opened", await decrypter.decrypt(new Uint8Array(readFileSync(file + ".age"))));
    },
    async "encrypt-passphrase"(passphrase, logN, file) {
        const encrypter = new age.Encrypter();
        encrypter.setPassphrase(passphrase);
        encrypter.setScryptWorkFactor(Number(logN));
        await seal(encrypter, file, false);
    },
};

await commands[command](...rest);
