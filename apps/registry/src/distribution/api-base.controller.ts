import { Controller, Get, Header, Head, HttpCode } from '@nestjs/common';

/** OCI end-1: whether this is a registry, and later whether the client may come in. */
@Controller('v2')
export class ApiBaseController {
  @Head()
  @HttpCode(200)
  @Header('Content-Type', 'application/json')
  @Header('Content-Length', '2')
  probe(): void {
    // The headers are the answer.
  }

  @Get()
  @Header('Content-Type', 'application/json')
  base(): Buffer {
    return Buffer.from('{}');
  }
}
