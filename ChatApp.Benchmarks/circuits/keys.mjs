// A reader's key, by the reader's number; run by itself, the settings that let so many in: env $(node keys.mjs 200) dotnet ChatApp.dll
import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';

export const keyOf = (reader) => `chatapp-${String(reader).padStart(43, '0')}`;

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (let i = 0; i < Number(process.argv[2]); i++) {
    console.log(`ChatApp__ApiKeys__${i}__Name=reader${i} ChatApp__ApiKeys__${i}__Hash=${createHash('sha256').update(keyOf(i)).digest('hex')}`);
  }
}
