import { Injectable, type PipeTransform } from '@nestjs/common';
import {
  parseDigest,
  parseReference,
  parseRepositoryName,
  type Digest,
  type Reference,
  type RepositoryName,
} from '@herald/storage';

/** What stands in a path is text until it passed the grammar. */
@Injectable()
export class RepositoryNamePipe implements PipeTransform<string, RepositoryName> {
  transform(text: string): RepositoryName {
    return parseRepositoryName(text);
  }
}

@Injectable()
export class ReferencePipe implements PipeTransform<string, Reference> {
  transform(text: string): Reference {
    return parseReference(text);
  }
}

@Injectable()
export class DigestPipe implements PipeTransform<string, Digest> {
  transform(text: string): Digest {
    return parseDigest(text);
  }
}
